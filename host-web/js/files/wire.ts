// Lists of operations as the wasm side hands them over. `host-web/src/files.rs` is the other side.

import type { FileOp } from './index.js';

/** An operation's code, its path, and what else it has. */
export type WireOp = [code: number, path: string, first?: string | number | Uint8Array, second?: number];

/** The operation that the wasm side means. */
export function operation([code, path, first, second]: WireOp): FileOp {
  switch (code) {
    case 0:
      return { op: 'makedir', path };
    case 1:
      return { op: 'create', path };
    case 2:
      return { op: 'append', path, bytes: first as Uint8Array };
    case 3:
      return { op: 'sync', path };
    case 4:
      return { op: 'rename', path, to: first as string };
    case 5:
      return { op: 'remove', path };
    case 6:
      return { op: 'truncate', path, size: first as number };
    case 7:
      return { op: 'syncdir', path };
    case 8:
      return { op: 'list', path };
    case 9:
      return { op: 'size', path };
    case 10:
      return { op: 'read', path, from: first as number, size: second as number };
    default:
      throw new Error(`an operation on files of the unknown kind ${code}`);
  }
}
