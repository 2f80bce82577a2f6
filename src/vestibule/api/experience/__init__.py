"""`/api/experience/*` and `/api/interaction/consent`: the hosted pages' verbs for clients that draw their own."""
