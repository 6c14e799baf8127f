// Colours and bold in what a program wrote for a terminal. All else that a terminal would obey is left out.

/** Longer sequences are none: what comes next is text again. */
const LONGEST = 4096;
const ESCAPE = "\x1b";
/** Control characters, but for tabs and ends of lines. */
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** Where a sequence begins. */
const START = /[\x1b\x9b\x90\x98\x9d-\x9f]/g;
/** Of colours 16 to 231 of 256: how much of red, green and blue. */
const STEPS = [0, 95, 135, 175, 215, 255];
const PLAIN = { bold: false, colour: null, background: null };

/** Reads one stream, in pieces as they come. */
export class Ansi {
  /** The beginning of a sequence whose end is not there yet. */
  #rest = "";
  #look = PLAIN;

  /** The parts of a text that look the same, each with its look. */
  read(piece) {
    const text = this.#rest + piece;
    this.#rest = "";
    const parts = [];
    let at = 0;
    while (at < text.length) {
      START.lastIndex = at;
      const end = START.exec(text)?.index ?? text.length;
      if (end > at) parts.push({ text: visible(text.slice(at, end)), look: this.#look });
      if (end === text.length) break;
      const length = sequence(text, end);
      if (length === null) {
        this.#rest = text.slice(end);
        break;
      }
      this.#obey(text.slice(end, end + length));
      at = end + length;
    }
    return parts.filter(part => part.text !== "");
  }

  #obey(whole) {
    const inside = whole.replace(/^(\x1b\[|\x9b)/, "");
    if (inside === whole || !/^[\d;:]*m$/.test(inside)) return;
    const numbers = inside.slice(0, -1).split(/[;:]/, 32).map(Number);
    let { bold, colour, background } = this.#look;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i];
      if (number === 0) ({ bold, colour, background } = PLAIN);
      else if (number === 1) bold = true;
      else if (number === 22) bold = false;
      else if (number === 39) colour = null;
      else if (number === 49) background = null;
      else if (number === 38 || number === 48) {
        const [chosen, used] = extended(numbers, i + 1);
        i += used;
        if (chosen !== null && number === 38) colour = chosen;
        else if (chosen !== null) background = chosen;
      } else if (number >= 30 && number <= 37) colour = number - 30;
      else if (number >= 40 && number <= 47) background = number - 40;
      else if (number >= 90 && number <= 97) colour = number - 82;
      else if (number >= 100 && number <= 107) background = number - 92;
    }
    this.#look = bold || colour !== null || background !== null ? { bold, colour, background } : PLAIN;
  }
}

/** Gives an element a look. What it has of its own is added to. */
export function dress(element, { bold, colour, background }) {
  if (bold) element.classList.add("bold");
  if (typeof colour === "number") element.classList.add(`colour${colour}`);
  else if (colour) element.style.color = colour;
  if (typeof background === "number") element.classList.add(`ground${background}`);
  else if (background) element.style.backgroundColor = background;
}

/** What is the same for looks that are the same. */
export function keyOf({ bold, colour, background }) {
  return `${bold}|${colour}|${background}`;
}

function visible(text) {
  return text.replaceAll(CONTROLS, "");
}

/** How long the sequence is that begins at a place; null if its end is not there. */
function sequence(text, start) {
  const first = text[start];
  const second = first === ESCAPE ? text[start + 1] : { "\x9b": "[", "\x90": "P", "\x98": "X", "\x9d": "]", "\x9e": "^", "\x9f": "_" }[first];
  const begun = start + (first === ESCAPE ? 2 : 1);
  if (second === undefined) return null;
  if (second === "[") return until(text, start, begun, /[^\x20-\x3f]/g, ending => /[\x40-\x7e]/.test(ending));
  // Texts for the terminal itself, such as its title.
  if ("]PX^_".includes(second)) return until(text, start, begun, /\x07|\x9c|\x1b\\?/g, () => true);
  // Of more bytes, such as those that choose a set of characters.
  if (/[\x20-\x2f]/.test(second)) return until(text, start, begun, /[^\x20-\x2f]/g, ending => /[\x30-\x7e]/.test(ending));
  // An escape before something that no sequence has is left out alone.
  return /[\x30-\x7e]/.test(second) ? 2 : 1;
}

function until(text, start, begun, end, belongs) {
  end.lastIndex = begun;
  const found = end.exec(text);
  if (found && found.index - start <= LONGEST) {
    const last = found[0];
    // The end of a text for the terminal has two characters, of which one may be missing still.
    if (last === ESCAPE && end.source.startsWith("\\x07")) return found.index + 1 === text.length ? null : found.index - start;
    return found.index - start + (belongs(last) ? last.length : 0);
  }
  return text.length - start > LONGEST ? begun - start : null;
}

/** A colour of 256, or of red, green and blue; and how many numbers say so. */
function extended(numbers, at) {
  const byte = number => Math.min(Math.max(number || 0, 0), 255);
  if (numbers[at] === 2) {
    const [red, green, blue] = [1, 2, 3].map(step => byte(numbers[at + step]));
    return [`rgb(${red}, ${green}, ${blue})`, 4];
  }
  if (numbers[at] !== 5) return [null, 1];
  const number = byte(numbers[at + 1]);
  if (number < 16) return [number, 2];
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return [`rgb(${grey}, ${grey}, ${grey})`, 2];
  }
  const cube = number - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(step => STEPS[step]);
  return [`rgb(${red}, ${green}, ${blue})`, 2];
}
