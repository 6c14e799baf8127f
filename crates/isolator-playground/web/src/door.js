// Leads on to the page, where this browser knows its token or is told; a shared source, which is in the fragment, comes along.
import { forgetPlace, keptPlace, placeOf } from "./token.js";

const kept = keptPlace();
if (kept && location.pathname === "/") {
  location.replace(kept + location.hash);
} else if (kept && location.pathname === kept) {
  // It led here, and so it is no longer true.
  forgetPlace();
}

document.getElementById("form").addEventListener("submit", event => {
  event.preventDefault();
  const place = placeOf(document.getElementById("address").value);
  if (place) location.replace(place + location.hash);
  else document.getElementById("note").textContent = "That is no address of a playground: it is like http://127.0.0.1:7247/ followed by letters and digits.";
});
