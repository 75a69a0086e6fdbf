/** One file of the reader's choice; null when they change their mind. */
export function pickFile(accept: string): Promise<File | null> {
  return pickFiles(accept, false).then((files) => files[0] ?? null);
}

/** Files of the reader's choice, or all those in a folder of it. */
export function pickFiles(accept: string, several: boolean, folder = false): Promise<readonly File[]> {
  return new Promise((done) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.multiple = several;
    input.webkitdirectory = folder;
    input.onchange = () => done([...(input.files ?? [])]);
    input.oncancel = () => done([]);
    input.click();
  });
}
