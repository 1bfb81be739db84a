import { watch } from 'vue';
import { pageEnvironment, type Client } from '@/service';
import { TabSharing } from '@/service/tabs';
import { systemClock, systemTimers } from '@/service/environment';
import type { useConnectionStore } from '@/stores/connection';
import { useSettingsStore } from '@/stores/settings';

/** Random id of this tab. `randomUUID` is of secure pages only, like the locks. */
const tabId = (): string => crypto.randomUUID();

/**
 * Shares the connections with other tabs of this page, while the setting says so. Where the browser has no Web Locks (an `http:` page that
 * is not of this machine) or no BroadcastChannel, each tab keeps its own.
 */
export function shareTabs(client: Client, connection: ReturnType<typeof useConnectionStore>, scope: string): void {
  const settings = useSettingsStore();
  let sharing: TabSharing | null = null;
  const begin = (): TabSharing | null => {
    const { locks } = navigator as { readonly locks?: LockManager };
    if (!locks || typeof BroadcastChannel === 'undefined') return null;
    return new TabSharing({
      client, scope, changed: (tabs) => connection.setTabs(tabs),
      platform: { id: tabId(), clock: systemClock, timers: systemTimers, random: Math.random, environment: pageEnvironment(window), openChannel: (name) => new BroadcastChannel(name), locks: { request: (name, options, callback) => locks.request(name, options, callback) } },
    });
  };
  watch(() => settings.shareTabs, (on) => {
    sharing?.stop();
    sharing = on ? begin() : null;
  }, { immediate: true });
}
