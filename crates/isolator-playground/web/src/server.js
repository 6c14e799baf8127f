// What the page asks its server. Paths are below the page's own, which has the token.

async function ask(what, question) {
  const answer = await fetch(what, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  if (answer.ok) return answer;
  const refusal = await answer.json().catch(() => null);
  throw new Error(refusal?.error ?? `the server answers ${answer.status}`);
}

/** What the playground is and may do. */
export async function about() {
  const answer = await fetch("about");
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return answer.json();
}

/** What is wrong with a source. */
export async function check(text) {
  return (await ask("check", { text })).json();
}

/** What could come next at a place in it. */
export async function complete(place) {
  return (await ask("complete", place)).json();
}

/** Stops a run. */
export async function stop(run) {
  return (await ask("stop", { run })).json();
}

/** Runs a source, and tells each event as it comes. */
export async function run(order, tell) {
  const answer = await ask("run", order);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) tell(JSON.parse(line));
  }
}
