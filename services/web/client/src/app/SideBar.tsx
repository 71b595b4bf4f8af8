/** What stands in the side bar and in the menu of a phone: an operator's pages, a consumer's contracts. */
import { lazy, Suspense } from "react";
import { isConsumer, isOperator } from "../shared/api/roles";
import type { User } from "../shared/api/types";
import { ContractNav } from "./ContractNav";

const OperatorNav = lazy(async () => ({ default: (await import("./OperatorNav")).OperatorNav }));

export function SideBar({ user }: { user: User | null }) {
  return (
    <>
      {user !== null && isOperator(user) ? (
        <Suspense>
          <OperatorNav user={user} />
        </Suspense>
      ) : null}
      {isConsumer(user) ? <ContractNav /> : null}
    </>
  );
}
