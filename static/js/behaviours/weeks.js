// The calendar opens on the present week, in the middle of what the screen shows.

export default function weeks(region) {
  const now = region.querySelector("thead .weeks__now");
  if (now) region.scrollLeft = now.offsetLeft + now.offsetWidth / 2 - region.clientWidth / 2;
}
