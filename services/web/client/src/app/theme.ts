/** Mantine's theme: the green of the buttons (white on it has 5.2:1), the font, calm radii. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const green: MantineColorsTuple = [
  "#e8f7ef",
  "#d0eede",
  "#a2dcbf",
  "#70c99d",
  "#47b980",
  "#2baf6d",
  "#179c5b",
  "#0b7d48",
  "#086b3d",
  "#055731",
];

export const theme = createTheme({
  primaryColor: "green",
  primaryShade: { light: 7, dark: 8 },
  colors: { green },
  defaultRadius: "md",
  fontFamily: "'Golos Text Variable', system-ui, sans-serif",
  headings: { fontWeight: "600" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { radius: "sm" } },
    Button: { defaultProps: { size: "md" } },
    InputWrapper: { defaultProps: { withAsterisk: false } },
  },
});

/** Mantine's own grey and red are too pale for text on white (2.9:1 and 3.3:1). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56636b",
    "--mantine-color-placeholder": "#66727a",
    "--mantine-color-error": "#c22222",
  },
  dark: {},
});
