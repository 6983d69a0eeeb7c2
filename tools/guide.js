// From the disk, a page may not read another: there, search finds what the pages say in pages.js.
if (location.protocol === "file:" && location.pathname.endsWith("/search.html")) {
  document.write('<script src="_static/pages.js"></script>');
  window.fetch = async (page) => ({ text: async () => PAGES[page.replace("./", "")] });
}
