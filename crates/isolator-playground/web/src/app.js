// The page: what its controls do.
import { Checker } from "./checker.js";
import { makeEditor } from "./editor.js";
import { Output } from "./output.js";
import { about, run, stop } from "./server.js";
import { linkTo, sourceIn } from "./share.js";
import { keepPlace } from "./token.js";

const DRAFT = "source";
const MIB = 1024 * 1024;
const TIMES = [1, 2, 5, 10, 30, 60, 300];
const SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048];

const part = id => document.getElementById(id);
const output = new Output(part("output"));
const editor = makeEditor(part("editor"), { run: start, changed });
const checker = new Checker(editor, showProblems);
let examples = [];
/** The run that goes on, if one does. */
let going = null;

function changed() {
  checker.changed();
  try {
    sessionStorage.setItem(DRAFT, editor.text);
  } catch {
    // It is not kept, then: it may be too long.
  }
}

// --- What is wrong

function showProblems({ list, more, problem }) {
  editor.mark(list);
  const shown = list.filter(({ severity }) => severity !== "info").map(({ id, severity, message, range }) => {
    const item = document.createElement("li");
    item.className = severity;
    const button = document.createElement("button");
    const place = document.createElement("b");
    place.textContent = `${range.start.line + 1}:${range.start.character + 1} `;
    button.append(place, `${id} ${message}`);
    button.addEventListener("click", () => editor.goTo(range.start));
    item.append(button);
    return item;
  });
  const rest = problem ?? (more ? `… and ${more} more` : null);
  if (rest) {
    const item = document.createElement("li");
    const text = document.createElement("p");
    text.textContent = rest;
    item.append(text);
    shown.push(item);
  }
  part("problems").replaceChildren(...shown);
}

// --- A run

function milliseconds(time) {
  if (time >= 10_000) return `${(time / 1000).toFixed(1)} s`;
  if (time >= 100) return `${Math.round(time)} ms`;
  if (time >= 1) return `${time.toFixed(1)} ms`;
  return `${Math.round(time * 1000)} µs`;
}

function bytes(number) {
  if (number >= MIB) return `${(number / MIB).toFixed(1)} MiB`;
  return `${Math.round(number / 1024)} KiB`;
}

function say(text, bad = false) {
  const status = part("status");
  status.textContent = text;
  status.className = bad ? "bad" : "";
}

function took(what, text) {
  const row = document.createElement("div");
  const name = document.createElement("dt");
  const value = document.createElement("dd");
  name.textContent = what;
  value.textContent = text;
  row.append(name, value);
  part("times").append(row);
}

function told(event) {
  switch (event.event) {
    case "begin":
      going.run = event.run;
      if (going.stopping) askToStop();
      break;
    case "compiled":
      took("compile", milliseconds(event.milliseconds));
      say("Running …");
      break;
    case "loaded":
      took("create", milliseconds(event.create));
      took("load", milliseconds(event.load));
      break;
    case "output":
      output.write(event.stream, event.text);
      break;
    case "end":
      ended(event);
      break;
  }
}

function ended({ outcome, code, message, diagnostics, milliseconds: time, used }) {
  going.ended = true;
  if (time !== null) took("run", milliseconds(time));
  if (used) {
    took("CPU", milliseconds(used.cpu));
    took("memory", bytes(used.memory));
  }
  switch (outcome) {
    case "exit":
      say(`Ended with exit code ${code}`, code !== 0);
      break;
    case "stopped":
      say("Stopped");
      break;
    case "errors":
      say(diagnostics.list.length ? "It does not compile" : message, true);
      if (diagnostics.list.length) showProblems({ ...diagnostics, problem: null });
      break;
    case "exception":
      output.write("said", `Unhandled exception. ${message}\n`);
      say("Ended by an exception", true);
      break;
    default:
      say(message.charAt(0).toUpperCase() + message.slice(1), true);
  }
  output.flush();
}

async function start() {
  if (going) return;
  going = {};
  part("run").disabled = true;
  part("stop").disabled = false;
  output.clear();
  part("times").replaceChildren();
  say("Compiling …");
  const order = { text: editor.text, input: part("input").value };
  if (part("time").value) order.time = Number(part("time").value);
  if (part("memory").value) order.memory = Number(part("memory").value);
  try {
    await run(order, told);
    if (!going.ended) say("The server is gone: it told no end", true);
  } catch (error) {
    say(error instanceof TypeError ? "The server does not answer: is `isolator playground` still there?" : error.message, true);
  }
  going = null;
  part("stop").disabled = true;
  part("run").disabled = false;
}

function halt() {
  if (!going || going.stopping) return;
  going.stopping = true;
  say("Stopping …");
  // Before it has a number, it is asked when that comes.
  if (going.run) askToStop();
}

function askToStop() {
  stop(going.run).catch(error => say(error.message, true));
}

// --- Sources from elsewhere

function choose(example) {
  editor.replace(example.text);
  part("input").value = example.input;
  part("stdin").open = example.input !== "";
}

async function fromLink() {
  let text = null;
  try {
    text = await sourceIn(location.hash);
  } catch {
    say("The source in this link is damaged", true);
  }
  if (text !== null) {
    editor.replace(text);
    // From here on the source is the editor's.
    history.replaceState(null, "", location.pathname);
  }
  return text !== null;
}

async function share() {
  const link = part("link");
  link.value = await linkTo(editor.text);
  part("shared").hidden = false;
  link.focus();
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    part("copied").textContent = "Copied";
  } catch {
    part("copied").textContent = "";
  }
}

// --- The beginning

function offer(select, values, most, shown) {
  const offered = values.filter(value => most === null || value < most);
  if (most !== null) offered.push(most);
  select.replaceChildren(
    ...offered.map(value => {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = shown(value);
      return option;
    }),
  );
  if (most === null) {
    const option = document.createElement("option");
    option.value = "";
    option.textContent = "no limit";
    select.append(option);
  }
  select.selectedIndex = offered.length - (most === null ? 0 : 1);
}

async function begin() {
  keepPlace();
  part("run").addEventListener("click", start);
  part("stop").addEventListener("click", halt);
  part("share").addEventListener("click", share);
  part("close").addEventListener("click", () => {
    part("shared").hidden = true;
    part("share").focus();
  });
  addEventListener("hashchange", fromLink);
  addEventListener("keydown", event => {
    // In the editor it is the editor's.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) start();
  });
  const known = await about();
  examples = known.examples;
  part("example").replaceChildren(
    ...examples.map(({ name }) => {
      const option = document.createElement("option");
      option.textContent = name;
      return option;
    }),
  );
  part("example").addEventListener("change", () => choose(examples[part("example").selectedIndex]));
  offer(part("time"), TIMES.map(seconds => seconds * 1000), known.time, time => (time < 1000 ? `${time} ms` : `${time / 1000} s`));
  offer(part("memory"), SIZES.map(size => size * MIB), known.memory, size => (size % MIB ? bytes(size) : `${size / MIB} MiB`));
  const granted = known.granted.length ? known.granted.join(" ") : "Nothing of this machine is granted.";
  part("about").textContent = `isolator ${known.version}, .NET ${known.dotnet}. Each run is in a fresh sandbox. ${granted}`;
  if (!(await fromLink())) {
    const draft = sessionStorage.getItem(DRAFT);
    if (draft !== null) editor.replace(draft);
    else choose(examples[0]);
  }
  editor.focus();
}

begin().catch(error => say(error.message, true));
