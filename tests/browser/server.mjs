// A static file server for the tests (the playground, the package under /hyla, its shared test
// cases under /cases, an empty page), on a loopback port of the system's choice.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../www/dist', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../host-web/pkg', import.meta.url));
const CASES = fileURLToPath(new URL('../../host-web/test', import.meta.url));
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

function locate(path) {
  if (path.startsWith('/hyla/')) return PACKAGE + path.slice('/hyla'.length);
  if (path.startsWith('/cases/')) return CASES + path.slice('/cases'.length);
  return ROOT + path;
}

/** Serves www/dist; gives its address and a way to stop. `HYLA_BROWSER_TEST_PORT` fixes the port. */
export async function serve() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    try {
      const file = locate(path);
      const body = path === '/bare.html' ? '<!doctype html><title>bare</title>' : await readFile(file);
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  const port = Number(process.env.HYLA_BROWSER_TEST_PORT ?? 0);
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
