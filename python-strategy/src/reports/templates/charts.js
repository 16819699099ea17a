// The cursor: points at one moment in every chart of a group at once, and says what is known of it. On paper, and
// without this script, the tables say the same.
(() => {
  for (const group of document.querySelectorAll(".charted")) {
    const points = JSON.parse(group.querySelector("script.points").textContent);
    const readout = group.querySelector(".readout");
    if (!points.length) continue;
    const cursors = group.querySelectorAll(".cursor");
    const captions = group.querySelectorAll(".peak");
    const peaks = [...captions].map((caption) => caption.textContent);
    const invitation = readout.textContent;

    const show = (point) => {
      for (const cursor of cursors) {
        cursor.style.display = "block";
        cursor.style.left = `${point.x}%`;
      }
      readout.textContent = point.text;
      captions.forEach((caption, index) => (caption.textContent = point.panels[index]));
    };
    const rest = () => {
      for (const cursor of cursors) cursor.style.display = "none";
      readout.textContent = invitation;
      captions.forEach((caption, index) => (caption.textContent = peaks[index]));
    };
    for (const plot of group.querySelectorAll(".plot")) {
      plot.addEventListener("pointermove", (event) => {
        const box = plot.getBoundingClientRect();
        const at = (100 * (event.clientX - box.left)) / box.width;
        show(points.reduce((a, b) => (Math.abs(b.x - at) < Math.abs(a.x - at) ? b : a)));
      });
      plot.addEventListener("pointerleave", rest);
    }
  }
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
