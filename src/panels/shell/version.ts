/** Set by the build from package.json. */
declare const __APP_VERSION__: string | undefined;

/** Version of this page; `development` where no build set it. */
export const APP_VERSION: string = typeof __APP_VERSION__ === 'string' ? __APP_VERSION__ : 'development';
