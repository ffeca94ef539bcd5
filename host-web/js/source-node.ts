// Where the wasm module comes from in Node, Deno and Bun: beside this file, on disk.

import { readFile } from 'node:fs/promises';

/** The module, compiled. */
export async function wasmSource(): Promise<WebAssembly.Module> {
  const bytes = await readFile(new URL('./wasm/hyla_web_bg.wasm', import.meta.url));
  return WebAssembly.compile(bytes);
}
