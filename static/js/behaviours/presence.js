// Says that the person is here, once in ten minutes at most: what moved is then told since their visit before this one.

const PAUSE = 10 * 60 * 1000;

export default function presence(body) {
  try {
    if (Date.now() - Number(sessionStorage.getItem("presence") ?? 0) < PAUSE) return;
    sessionStorage.setItem("presence", String(Date.now()));
  } catch {
    return;
  }
  const token = document.querySelector('meta[name="csrf-token"]').content;
  fetch(body.dataset.presence, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
}
