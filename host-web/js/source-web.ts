// Where the wasm module comes from in browsers: beside this file, by fetch.

/** The module, compiled while it arrives where the server gives it the right type. */
export async function wasmSource(): Promise<WebAssembly.Module> {
  const url = new URL('./wasm/hyla_web_bg.wasm', import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  if (response.headers.get('Content-Type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
