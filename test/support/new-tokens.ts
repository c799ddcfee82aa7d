/** Grants another token in each answer, as most endpoints do. */
export const newTokens = (expiresIn: () => number) => {
  let serial = 0;
  return () => {
    serial += 1;
    return Response.json({
      ...{ access_token: `new-${serial}`, token_type: 'Bearer' },
      expires_in: expiresIn(),
    });
  };
};
