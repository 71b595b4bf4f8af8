/** The sign of the product: a clock with its first half hour filled. */
import { Trans } from "@lingui/react/macro";
import classes from "./Logo.module.css";

export function Logo({ size = 32 }: { size?: number }) {
  return (
    <span className={classes.logo}>
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="16" r="13" fill="none" stroke="currentColor" strokeWidth="3" />
        <path d="M16 3a13 13 0 0 1 0 26z" fill="#3ecf86" />
      </svg>
      <span>
        <Trans context="product">Полчаса</Trans>
      </span>
    </span>
  );
}
