/** Whether this is a role session name or a source identity: 2 to 64 letters, digits and `_+=,.@-`. */
export const isWholeName = (text: string) => /^[\w+=,.@-]{2,64}$/.test(text);
