/** Cells that fit on a page of a strip, at least one. All lengths px. */
export const perPage = (width: number, cell: number): number => Math.max(1, Math.floor(width / cell));

/** The symbols of one page; a page beyond the last is the last. */
export function pageOf(symbols: readonly string[], page: number, size: number): { readonly symbols: readonly string[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(symbols.length / size));
  const at = ((page % pages) + pages) % pages;
  return { symbols: symbols.slice(at * size, (at + 1) * size), page: at, pages };
}
