import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain',
};

export interface StaticServer {
  /** Address of the bundle, with a slash at the end. */
  readonly url: string;
  /** Origin as a browser sends it. */
  readonly origin: string;
  /** Paths that were asked for and not there. */
  readonly missing: readonly string[];
  /** What `config.json` answers from now on. */
  setConfig(config: unknown): void;
  close(): Promise<void>;
}

/** A plain host of static files, as strangers run them: one folder under a sub-path, and `index.html` for routes. */
export async function serveStatic(root: string, subPath: string): Promise<StaticServer> {
  let config = '{}';
  const missing: string[] = [];
  const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const inside = path.startsWith(subPath) ? normalize(path.slice(subPath.length)) : null;
    const file = inside === null || inside.startsWith('..') ? null : join(root, inside);
    const send = (type: string, body: string | Buffer): void => { response.writeHead(200, { 'content-type': type }).end(body); };
    if (inside === 'config.json') return send('application/json', config);
    if (file !== null && isFile(file)) return send(TYPES[extname(file)] ?? 'application/octet-stream', readFileSync(file));
    // A route has no file ending; a missing asset must stay missing, or a page would load itself as a script.
    if (file !== null && extname(file) === '') return send('text/html; charset=utf-8', readFileSync(join(root, 'index.html')));
    missing.push(path);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    url: `${origin}${subPath}`,
    origin,
    missing,
    setConfig: (value) => { config = JSON.stringify(value); },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
