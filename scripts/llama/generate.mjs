// Generates text with the real llama.cpp: greedy, one thread, so that one model and prompt always give one text.
//
//   node generate.mjs --model FILE [--mode mmap|nommap|dio] [--tokens N] [--prompt TEXT] [--state FILE] [--wait]
//
// --state saves the sequence's KV cache into FILE, generates on, restores the file into a fresh sequence and generates again from there.
// --wait  keeps the model open after that: one line on standard input makes it generate once more; the end of the input ends it.
// Prints one line of JSON for each generation. LLAMA_HOME names the folder that holds node_modules.
import {createInterface} from "node:readline";
import {join} from "node:path";
import {parseArgs} from "node:util";
import {pathToFileURL} from "node:url";

const {values: options} = parseArgs({
  options: {
    model: {type: "string"},
    mode: {type: "string", default: "mmap"},
    tokens: {type: "string", default: "24"},
    prompt: {type: "string", default: "Once upon a time there was a file."},
    state: {type: "string"},
    wait: {type: "boolean", default: false},
  },
});
if (!options.model || !["mmap", "nommap", "dio"].includes(options.mode) || !(Number(options.tokens) > 0)) {
  console.error("usage: generate.mjs --model FILE [--mode mmap|nommap|dio] [--tokens N] [--prompt TEXT] [--state FILE] [--wait]");
  process.exit(2);
}

const contextTokens = 512;
const modules = join(process.env.LLAMA_HOME ?? ".", "node_modules");
const {getLlama} = await import(pathToFileURL(join(modules, "node-llama-cpp", "dist", "index.js")).href);

const llama = await getLlama({gpu: false, build: "never", skipDownload: true, logLevel: "error"});
const loadStart = performance.now();
const model = await llama.loadModel({
  modelPath: options.model,
  gpuLayers: 0,
  useMmap: options.mode === "mmap",
  useDirectIo: options.mode === "dio",
});
const loadMs = Math.round(performance.now() - loadStart);
// One thread: two would wait for each other at barriers whenever another program holds a core.
const context = await model.createContext({contextSize: contextTokens, sequences: 2, threads: 1});
const prompt = [model.tokens.bos, ...model.tokenize(options.prompt)].filter((token) => token != null);

async function generate(sequence, tokens) {
  const generated = [];
  for await (const token of sequence.evaluate(tokens, {temperature: 0})) {
    generated.push(token);
    if (generated.length >= Number(options.tokens)) break;
  }
  return generated;
}

function print(result) {
  console.log(JSON.stringify(result));
}

async function generateFromPrompt() {
  const sequence = context.getSequence();
  const generated = await generate(sequence, prompt);
  print({mode: options.mode, mmap: model.useMmap, loadMs, text: model.detokenize(generated)});
  return {sequence, last: generated.at(-1)};
}

const {sequence, last} = await generateFromPrompt();
if (options.state) {
  const {fileSize} = await sequence.saveStateToFile(options.state);
  const live = model.detokenize(await generate(sequence, [last]));
  const fresh = context.getSequence();
  // The risk is that of a file from an untrusted place; this one was written two lines above.
  await fresh.loadStateFromFile(options.state, {acceptRisk: true});
  const restored = model.detokenize(await generate(fresh, [last]));
  print({stateBytes: fileSize, same: live === restored, live, restored});
  await fresh.dispose();
}
await sequence.dispose();

if (options.wait) {
  for await (const _ of createInterface({input: process.stdin})) {
    const again = await generateFromPrompt();
    await again.sequence.dispose();
  }
}
process.exit(0);
