// The two buttons that save and open dump.rdb.

import type { Hyla } from 'hyla';

/** What becomes of a button's work. */
export interface Outcome {
  /** A file was opened and loaded. */
  imported(name: string): void;
  /** A file was not loaded. */
  notImported(name: string, reason: string): void;
  /** The data could not be saved. */
  notExported(reason: string): void;
}

/** Lets the buttons work on an engine. */
export function offerDump(
  db: Hyla,
  { save, open, file }: { save: HTMLButtonElement; open: HTMLButtonElement; file: HTMLInputElement },
  outcome: Outcome,
): void {
  save.addEventListener('click', () => {
    db.exportRdb().then(download, (error: unknown) => outcome.notExported(reason(error)));
  });
  open.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    // So that the same file can be chosen again.
    file.value = '';
    if (!chosen) return;
    chosen
      .arrayBuffer()
      .then((bytes) => db.importRdb(new Uint8Array(bytes)))
      .then(
        () => outcome.imported(chosen.name),
        (error: unknown) => outcome.notImported(chosen.name, reason(error)),
      );
  });
  save.disabled = false;
  open.disabled = false;
}

function download(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  link.download = 'dump.rdb';
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
