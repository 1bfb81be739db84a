/** CRC-32 as in zlib and PNG (polynomial 0xEDB88320, reflected); browsers have none of their own. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

/** CRC-32 of an ASCII text, 0 to 2^32 - 1. */
export function crc32(text: string): number {
  let c = 0xffffffff;
  for (let i = 0; i < text.length; i++) c = (c >>> 8) ^ (TABLE[(c ^ text.charCodeAt(i)) & 0xff] ?? 0);
  return (c ^ 0xffffffff) >>> 0;
}
