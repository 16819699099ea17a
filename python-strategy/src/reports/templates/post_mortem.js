// The cursor: points at one second in every chart at once, and says what is known of it. On paper, and without
// this script, the tables say the same.
(() => {
  const seconds = JSON.parse(document.getElementById("seconds").textContent);
  const readout = document.getElementById("readout");
  if (!readout || !seconds.length) return;
  const names = [...document.querySelectorAll("figcaption b")].map((name) => name.textContent);
  const cursors = document.querySelectorAll(".cursor");
  const captions = document.querySelectorAll(".peak");
  const peaks = [...captions].map((caption) => caption.textContent);

  const show = (second) => {
    for (const cursor of cursors) {
      cursor.style.display = "block";
      cursor.style.left = `${second.x}%`;
    }
    readout.textContent =
      `${second.t} UTC · ${second.state} · open ${second.o}, high ${second.h}, low ${second.l}, ` +
      `close ${second.c} · volume ${second.v}`;
    names.forEach((_, index) => (captions[index].textContent = second.r[index]));
  };
  const rest = () => {
    for (const cursor of cursors) cursor.style.display = "none";
    readout.textContent = "Point at a chart to read a second.";
    captions.forEach((caption, index) => (caption.textContent = peaks[index]));
  };
  for (const plot of document.querySelectorAll(".plot")) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const at = (100 * (event.clientX - box.left)) / box.width;
      show(seconds.reduce((a, b) => (Math.abs(b.x - at) < Math.abs(a.x - at) ? b : a)));
    });
    plot.addEventListener("pointerleave", rest);
  }
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
