// Where the page lies, kept for links to sources: they lead to this origin, without the token.

const KEY = "isolator-playground";
const PLACE = /^\/[0-9a-f]{36}\/$/;

/** Keeps the page's path, which has the token. */
export function keepPlace() {
  if (PLACE.test(location.pathname)) localStorage.setItem(KEY, location.pathname);
}

/** The path that was kept, if it can be one. */
export function keptPlace() {
  const place = localStorage.getItem(KEY);
  return place && PLACE.test(place) ? place : null;
}

/** Forgets it: it is another playground's, which has ended. */
export function forgetPlace() {
  localStorage.removeItem(KEY);
}

/** The path of an address that somebody pasted, if it is one of this playground. */
export function placeOf(text) {
  try {
    const address = new URL(text.trim());
    return PLACE.test(address.pathname) ? address.origin + address.pathname : null;
  } catch {
    return null;
  }
}
