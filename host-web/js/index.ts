// The npm package `hyla`: a Redis-compatible engine in this page or process.

export { Connection } from './connection.js';
export type { WasmInput } from './core.js';
export { FileFailure, type Answer, type FileOp, type Files } from './files/index.js';
export { MemoryFiles } from './files/memory.js';
export type { Commands } from './generated/methods.js';
export { version } from './generated/table.js';
export { Client, Hyla, type Options, type Pipeline } from './hyla.js';
export { Reader, decode, encode, words, type DecodeOptions, type Node } from './resp.js';
export { HylaError, type Argument, type Choice, type Reply, type Value } from './types.js';
