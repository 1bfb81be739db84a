import { createApp } from 'vue';
import type { Client } from '@/service';
import SignedOut from '@/views/SignedOut.vue';
import { letGo } from './held';

let told = false;

/** Address of the sign-in page, which leads back to where this page is. */
export function loginUrl(base: URL, here: URL): URL {
  // The room of a replay has no door of its own.
  const url = new URL(`${base.pathname.replace(/replay\/[a-z0-9]{8,32}\/$/, '')}login`, base);
  url.searchParams.set('to', here.pathname + here.search + here.hash);
  return url;
}

/**
 * The server does not know this page any more, or never did. Who has seen nothing yet is led to the sign-in; who has keeps what is on the screen, and is told that it stands
 * still. Nothing is tried again by itself: it would only be refused.
 */
export function signedOut(client: Client, base: URL, hasData: boolean): void {
  if (told) return;
  told = true;
  client.disconnectAll();
  letGo();
  const login = loginUrl(base, new URL(location.href));
  if (!hasData) return location.replace(login);
  const place = document.body.appendChild(document.createElement('div'));
  createApp(SignedOut, { at: Date.now(), login: login.href }).mount(place);
}
