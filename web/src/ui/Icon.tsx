const PATHS = {
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3 20c.5-3.5 2.8-5.5 6-5.5s5.5 2 6 5.5M15.5 4.6a3.2 3.2 0 0 1 0 6M17.5 14.9c2 .6 3.2 2.3 3.5 5.1",
  talk: "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v8.5a1.5 1.5 0 0 1-1.5 1.5h-7.5L7 20.5v-4H5A1.5 1.5 0 0 1 3.5 15V6.5A1.5 1.5 0 0 1 5 5Z",
  upload: "M12 15.5V4.5M7.5 8.5 12 4l4.5 4.5M4.5 15v3a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-3",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 20 20",
  send: "M12 19.5V5M5.5 11 12 4.5l6.5 6.5",
  stop: "M7 7h10v10H7z",
  left: "m14.5 6-6 6 6 6",
  right: "m9.5 6 6 6-6 6",
  down: "m6 9.5 6 6 6-6",
  back: "M19.5 12H5M11 6l-6 6 6 6",
  retry: "M19 5v4.5h-4.5M18.5 9.5A7.5 7.5 0 1 0 19.5 13",
  forward: "M5 6.5v11l7-5.5-7-5.5ZM13 6.5v11l7-5.5-7-5.5Z",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  screen: "M4.5 5h15v10.5h-15zM9 19.5h6M12 15.5v4",
  close: "m6.5 6.5 11 11M17.5 6.5l-11 11",
  check: "m5 12.5 4.5 4.5L19 7.5",
  copy: "M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1",
  warn: "M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17h.01",
  book: "M4 5.5c3-.9 5.8-.4 8 1.5 2.2-1.9 5-2.4 8-1.5v13c-3-.9-5.8-.4-8 1.5-2.2-1.9-5-2.4-8-1.5zM12 7v13",
  clipboard: "M8.5 5H6v15h12V5h-2.5M9 3.5h6v3H9z",
  mind: "M9.5 18.5h5M10.5 21h3M12 3.5a6 6 0 0 0-3.5 10.9c.7.6 1 1.1 1 2.1h5c0-1 .3-1.5 1-2.1A6 6 0 0 0 12 3.5Z",
  edit: "M4.5 19.5 5.5 15 16 4.5a2 2 0 0 1 3 0 2 2 0 0 1 0 3L8.5 18.5l-4 1ZM14 6.5l3.5 3.5",
  branch:
    "M7 8.5v7M7 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 19.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM17 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM17 8.5c0 4-4 5-8.5 7.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  hide: "M4 4l16 16M9.9 6A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6 8a16 16 0 0 0-3.5 4S6 18.5 12 18.5a9 9 0 0 0 3.5-.7",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  panel: "M4 5h16v14H4zM14.5 5v14",
  pen: "M4 20h6M5 15.5 15.5 5l3.5 3.5L8.5 19 4.5 20l.5-4.5Z",
  star: "m12 4 2.5 5.2 5.5.8-4 4 1 5.6-5-2.7-5 2.7 1-5.6-4-4 5.5-.8L12 4Z",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M4.5 16v3.5h15V16",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  why: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M12 16.5h.01",
  tools: "M14.5 6.5a4 4 0 0 0-5.3 5.2L4 17a2 2 0 0 0 3 3l5.3-5.2a4 4 0 0 0 5.2-5.3l-2.5 2.5-3-3 2.5-2.5Z",
  runs: "M4 12h3.5l2.5-7 4 14 2.5-7H20",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.7 3.8-5.5 7.5-5.5s6.7 1.8 7.5 5.5",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  flow: "M9 4.5h6v4H9zM9 15.5h6v4H9zM12 8.5v7M9.8 13.3 12 15.5l2.2-2.2",
  page: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing on a 24-unit grid; always beside a text or inside something that has a label. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  const width = name === "more" || name === "grip" ? 3 : 1.6;
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={name === "stop" ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={width}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
