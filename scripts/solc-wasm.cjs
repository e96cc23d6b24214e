#!/usr/bin/env node
// Presents npm's `solc` (WebAssembly) as a native `solc` that knows two requests: `--version` and
// `--standard-json` (input on stdin, output on stdout). Sources must be embedded in the input: no
// file is ever read on the compiler's behalf, so the result depends on the input alone. Other
// arguments that solc's callers add (`--allow-paths`, `--base-path`, `-`) change nothing then.
'use strict';

const { readFileSync, writeSync } = require('node:fs');

// The compiler's loader prints to stdout, where a caller expects one JSON document and nothing else.
console.log = console.error;

const home = process.env.SOLC_JS_DIR || __dirname;
const solc = require(require.resolve('solc', { paths: [home] }));

function say(text) {
  const bytes = Buffer.from(text, 'utf8');
  // A pipe takes what fits and may ask to try again; process.stdout would be cut short by exit.
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const asked = process.argv.slice(2);
if (asked.includes('--version')) {
  say(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (asked.includes('--standard-json')) {
  const refuse = (path) => ({ error: `Not embedded in the standard-JSON input: ${path}` });
  say(solc.compile(readFileSync(0, 'utf8'), { import: refuse }));
} else {
  console.error('solc-wasm: expected --version or --standard-json');
  process.exitCode = 1;
}
