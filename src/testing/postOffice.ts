/** As much of an SMTP server as takes a letter, or answers each as it is told. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export async function postOffice(t: TestContext) {
  const taken: string[] = [];
  const letters = { answer: '250 taken', offered: 0 };
  const server = createServer((socket: Socket) => {
    let data: string | undefined;
    socket.write('220 here\r\n');
    socket.on('data', (bytes) => {
      const text = bytes.toString();
      if (data !== undefined) {
        data += text;
        if (!data.endsWith('\r\n.\r\n')) return;
        letters.offered += 1;
        if (letters.answer.startsWith('250')) taken.push(data);
        data = undefined;
        socket.write(`${letters.answer}\r\n`);
      } else if (/^DATA/i.test(text)) {
        data = '';
        socket.write('354 go on\r\n');
      } else socket.write(/^QUIT/i.test(text) ? '221 bye\r\n' : '250 well\r\n');
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { smtp: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, taken, letters };
}
