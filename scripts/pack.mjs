// Put beside each file of a folder what Brotli and gzip make of it: the server sends it as it is.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const PACKABLE = /\.(css|html|js|json|svg|txt|webmanifest)$/;
const folder = process.argv[2];

for (const name of readdirSync(folder, { recursive: true })) {
  if (!PACKABLE.test(name)) continue;
  const plain = readFileSync(join(folder, name));
  const packed = { ".br": brotliCompressSync(plain), ".gz": gzipSync(plain, { level: 9 }) };
  for (const [suffix, bytes] of Object.entries(packed)) {
    if (bytes.length < plain.length) writeFileSync(join(folder, name + suffix), bytes);
  }
}
