// A source in the fragment of a link: compressed, in letters that need no escapes. A fragment is sent to no server.

const PREFIX = "#cs=";
/** A longer source is not made of a link, however small that is. */
const LONGEST = 512 * 1024;

async function through(stream, bytes, most) {
  const writer = stream.writable.getWriter();
  // What is wrong with the bytes is said at the other end.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      reader.cancel().catch(() => {});
      throw new Error("the source in the link is too long");
    }
    parts.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The link to a source: the origin and the source, and nothing that opens a playground. */
export async function linkTo(text) {
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text), Infinity);
  let letters = "";
  for (const byte of packed) letters += String.fromCharCode(byte);
  const encoded = btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}/${PREFIX}${encoded}`;
}

/** The source in a fragment; null if there is none. */
export async function sourceIn(fragment) {
  if (!fragment.startsWith(PREFIX)) return null;
  const letters = atob(fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
  const packed = Uint8Array.from(letters, letter => letter.charCodeAt(0));
  const bytes = await through(new DecompressionStream("deflate-raw"), packed, LONGEST);
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
