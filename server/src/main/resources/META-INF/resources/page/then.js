// Where a browser goes on that was sent here to be signed in first: only to where programs ask for consent.

const ASKED = 'then';
const PLACE = '/oauth/authorize?';

const wanted = new URLSearchParams(location.search).get(ASKED);
if (wanted?.startsWith(PLACE)) {
  // A sign-in link leads to the bare page: this tab remembers where it was going.
  sessionStorage.setItem(ASKED, wanted);
  history.replaceState(null, '', location.pathname);
}

/** Once somebody is signed in. */
export function goOn() {
  const then = sessionStorage.getItem(ASKED);
  sessionStorage.removeItem(ASKED);
  if (then?.startsWith(PLACE)) location.assign(then);
}
