/** Calls that the server wants a fresh proof for: they wait for the password (and the factor), then go once more. */
import { useMutation } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { asProblem, ProblemError } from "../api/problem";
import { renewSession } from "../api/session";
import { StepUpDialog } from "./StepUpDialog";
import { DECLINED } from "./useRefusalText";

/** The code of services that know of the proof by the access token alone: they want the next one. */
const IN_TOKEN = "recent_factor_required";

type Confirmed = <Result>(call: () => Promise<Result>, password?: string) => Promise<Result>;

interface Question {
  password: string | undefined;
  settle: (proved: boolean) => void;
}

const StepUpContext = createContext<Confirmed>((call) => call());

export function StepUpProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const confirmed = useCallback<Confirmed>(async (call, password) => {
    try {
      return await call();
    } catch (error) {
      const { code } = asProblem(error);
      if (code !== "step_up_required" && code !== IN_TOKEN) throw error;
      const proved = await new Promise<boolean>((settle) => setQuestion({ password, settle }));
      setQuestion(null);
      if (!proved) throw new ProblemError({ status: 403, code: DECLINED });
      if (code === IN_TOKEN) await renew();
    }
    return call();
  }, []);
  return (
    <StepUpContext value={confirmed}>
      {children}
      {question === null ? null : (
        <StepUpDialog
          password={question.password}
          onProved={() => question.settle(true)}
          onClose={() => question.settle(false)}
        />
      )}
    </StepUpContext>
  );
}

/** A lost answer here is none of the call's, which was refused: nothing was done. */
async function renew(): Promise<void> {
  try {
    await renewSession();
  } catch (error) {
    throw asProblem(error).code === "network" ? new ProblemError({ status: 503, code: "busy" }) : error;
  }
}

/** A mutation whose call may want a proof. Its error is `DECLINED` when the user closed the question. */
export function useConfirmedMutation<Variables, Result>(
  call: (variables: Variables) => Promise<Result>,
  options: {
    /** A password that the form has already, so that it is not asked for again. */
    password?: (variables: Variables) => string;
    onSuccess?: (result: Result, variables: Variables) => unknown;
    onError?: (error: Error) => unknown;
    /** 0 for answers that no cache may keep. */
    gcTime?: number;
  } = {},
) {
  const confirmed = useContext(StepUpContext);
  const { password, onSuccess, onError, gcTime } = options;
  return useMutation<Result, Error, Variables>({
    mutationFn: (variables: Variables) => confirmed(() => call(variables), password?.(variables)),
    ...(onSuccess === undefined ? {} : { onSuccess: (result, variables) => onSuccess(result, variables) }),
    ...(onError === undefined ? {} : { onError: (error) => onError(error) }),
    ...(gcTime === undefined ? {} : { gcTime }),
  });
}
