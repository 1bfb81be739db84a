import { existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from './failure';

/** Addresses of the page itself (the router's own routes); anything else is a file or nothing. */
const ROUTES = /^\/(?:$|login$|(?:market|analysis|alerts|status|replay)(?:\/|$))/;
/** What only a replay that is open has: without it there is nothing, and no page either. */
const ROOM_PARTS = /^\/replay\/[^/]*\/(?:api|ws|health|metrics|assets|config\.json)(?:\/|$)/;

export interface BundleOptions {
  readonly folder: string;
  /** Path below which the page lives, with a slash at both ends. */
  readonly base: string;
  /** Is somebody signed in, or nobody asked to be? */
  signedIn(request: IncomingMessage): boolean;
}

/** Serves the built page: hashed assets for ever and, to those who can read them so, as the build compressed them; everything else to be asked again; the page itself for its routes only. Who is not signed in is led to where that is done. */
export async function serveBundle(app: FastifyInstance, { folder, base, signedIn }: BundleOptions): Promise<void> {
  const send = createPage(join(folder, 'index.html'), base);
  const page = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?')[0] ?? '';
    // A person's browser only: a program that asks for the page gets it. The page itself holds no data.
    const leads = request.headers['sec-fetch-mode'] === 'navigate' && (path !== '/login' || base !== '/') && !signedIn(request.raw);
    return leads ? reply.header('cache-control', 'no-store').redirect(`/login?to=${encodeURIComponent(base + request.url.slice(1, 1_024))}`) : send(reply);
  };
  // A page below another path belongs to the server of that path, whatever the file says.
  if (base !== '/') app.get('/config.json', () => ({ server: '' }));
  if (existsSync(folder)) {
    await app.register(fastifyStatic, {
      root: folder, index: false, wildcard: true, dotfiles: 'ignore', cacheControl: false, redirect: false, preCompressed: true,
      setHeaders: (reply, path) => {
        const hashed = /[/\\]assets[/\\].+-[\w-]{8,}\.\w+(?:\.(?:br|gz))?$/.test(path);
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
    app.get('/index.html', (_request, reply) => reply.redirect('/'));
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && ROUTES.test(path) && !ROOM_PARTS.test(path)) return page(request, reply);
    // A person who mistyped an address gets the page, which says so; programs and missing files get the coded error.
    const typed = isRead && !path.startsWith('/api') && !/\.\w+$/.test(path) && (request.headers.accept ?? '').includes('text/html');
    return typed ? send(reply.code(404)) : fail(reply, 'not_found');
  });
  app.get('/', page);
}

/** The page as this server sends it; read again when a build changed it. */
function createPage(path: string, base: string): (reply: FastifyReply) => FastifyReply {
  let read = { at: -1, html: '' };
  return (reply) => {
    if (!existsSync(path)) return fail(reply, 'not_found', 'the page has not been built; run npm run build');
    const at = statSync(path).mtimeMs;
    if (at !== read.at) read = { at, html: ownPage(readFileSync(path, 'utf8'), base) };
    return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(read.html);
  };
}

/**
 * The bundle finds its base by a small inline script, as it may be hosted under any path. Here the base is known: the script goes, relative
 * addresses (the build hides them from browsers that fetch ahead) become absolute, and a meta element tells the base, so that the policy needs neither inline scripts nor `<base>`.
 */
export function ownPage(html: string, base = '/'): string {
  return html
    .replace(/<script\b[^>]*\bdata-base-finder\b[^>]*>[\s\S]*?<\/script>\s*/i, '')
    .replace(/<link data-rel="(\w+)"([^>]*?)\sdata-href="/gi, '<link rel="$1"$2 href="')
    .replace(/(<script\b[^>]*?\s)data-src="/gi, '$1src="')
    .replace(/(<(?:script|link|img)\b[^>]*?\s(?:src|href)=")\.\//gi, '$1/')
    .replace(/<head\b[^>]*>/i, (head) => `${head}\n    <meta name="tickglass-base" content="${base}">`);
}
