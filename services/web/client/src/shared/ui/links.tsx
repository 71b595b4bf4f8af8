/** Router links in the dress of Mantine parts. `component="a"` stays inside: outside it would render a button. */
import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type AnchorAttributes = Omit<
  AnchorHTMLAttributes<HTMLAnchorElement>,
  keyof AnchorProps | keyof ButtonProps
> & {
  ref?: Ref<HTMLAnchorElement>;
};

export const TextLink = createLink(function TextLink(props: AnchorProps & AnchorAttributes) {
  return <Anchor {...props} component="a" />;
});

export const ButtonLink = createLink(function ButtonLink(props: ButtonProps & AnchorAttributes) {
  return <Button {...props} component="a" />;
});
