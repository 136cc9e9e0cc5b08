// The page is built once, into what the package publishes.
export default {
  root: import.meta.dirname,
  // Where the page is served, with or without a slash at its end.
  base: '/inspect/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    assetsDir: '.',
    modulePreload: false,
    rolldownOptions: { output: { entryFileNames: 'page.js', assetFileNames: 'page.[ext]' } },
  },
};
