import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exportRows } from './export';
import { HISTORY_FILE } from './open';
import type { ExportRequest } from './port';

export type FileExport =
  | { readonly state: 'written'; readonly rows: number }
  /** Another process has the file. */
  | { readonly state: 'in_use' }
  | { readonly state: 'failed'; readonly reason: string };

/** Exports from a history file that no server uses, without changing it. */
export async function exportFile(dataDir: string, request: ExportRequest, file: string): Promise<FileExport> {
  const path = join(dataDir, HISTORY_FILE);
  if (!existsSync(path)) return { state: 'failed', reason: `there is no history in ${dataDir}: name its folder with --data-dir` };
  const { DuckDBInstance } = await import('@duckdb/node-api');
  try {
    const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY', threads: '1', memory_limit: '512MB' });
    const connection = await instance.connect();
    try {
      const runAside = async (sql: string): Promise<number> => Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0] ?? 0);
      return { state: 'written', rows: await exportRows({ runAside }, request, file) };
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    if (/could not set lock/i.test(message)) return { state: 'in_use' };
    return { state: 'failed', reason: /table with name \w+ does not exist/i.test(message) ? `no ${request.table} are stored there yet` : message };
  }
}
