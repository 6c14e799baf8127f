// Has the source checked while it is written: one question at a time, and the last one counts.
import { check } from "./server.js";

/** So long nobody types before it is asked. */
const PAUSE = 300;

export class Checker {
  #editor;
  #show;
  #timer = 0;
  #asking = false;
  #changed = false;

  constructor(editor, show) {
    this.#editor = editor;
    this.#show = show;
  }

  changed() {
    this.#changed = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    // What is under way asks again when it has its answer.
    if (this.#asking) return;
    this.#asking = true;
    this.#changed = false;
    const { doc } = this.#editor;
    try {
      const answer = await check(doc.toString());
      if (this.#editor.doc === doc) this.#show(answer);
    } catch (error) {
      this.#show({ list: [], more: 0, problem: error.message });
    }
    this.#asking = false;
    if (this.#changed) this.changed();
  }
}
