/**
 * Address of the app's own root, with a slash at the end: where `config.json` lies and what the router's paths start from. The Tickglass
 * server tells it by a meta element, as its content security policy (`base-uri 'none'`) lets no `<base>` element work; elsewhere the inline
 * script of index.html has set `<base>`, which `document.baseURI` gives.
 */
export function appBase(page: Document = document): URL {
  const told = page.querySelector('meta[name="tickglass-base"]')?.getAttribute('content');
  return new URL(told ?? '.', page.baseURI);
}
