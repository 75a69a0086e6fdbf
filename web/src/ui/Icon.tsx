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
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing on a 24-unit grid; always beside a text or inside something that has a label. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  const width = name === "more" ? 3 : 1.6;
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
