/** Things that open over the page; one at a time. */
export type Sheet = 'connection' | 'settings' | 'shortcuts' | 'palette' | 'workspace';
