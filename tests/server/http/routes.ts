import type { FastifyInstance } from 'fastify';

/** Every route as `METHOD /path`. The router prints a tree: a route's path is that of its branches. */
export function routesOf(app: FastifyInstance): string[] {
  const branch: string[] = [];
  return app.printRoutes({ commonPrefix: false }).split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    branch.length = indent.length / 4;
    branch.push(part);
    return (methods ?? '').split(', ').filter((method) => method !== 'HEAD' && method !== '').map((method) => `${method} ${branch.join('').replace(/^\/?/, '/')}`);
  });
}
