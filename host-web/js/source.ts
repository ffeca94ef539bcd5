// Where the wasm module comes from: beside this file, by fetch, or from disk where there is a disk.

/** The module, compiled while it arrives where the server gives it the right type. */
export async function wasmSource(): Promise<WebAssembly.Module> {
  const url = new URL('./wasm/hyla_web_bg.wasm', import.meta.url);
  if (url.protocol === 'file:') return WebAssembly.compile(await read(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  if (response.headers.get('Content-Type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

/** A file of Node's, Deno's or Bun's disk. */
async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  // In a variable, so that bundlers for browsers do not look for it.
  const files = 'node:fs/promises';
  const { readFile } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ files)) as typeof import('node:fs/promises');
  return new Uint8Array(await readFile(url));
}
