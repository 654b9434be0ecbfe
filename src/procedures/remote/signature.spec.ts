import { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { remoteSignature } from './signature.js';

function signatureOf(settings: Partial<RemoteProcedureSettings>) {
  return remoteSignature('add', Object.assign(new RemoteProcedureSettings(), settings));
}

describe('the signature of a remote procedure', () => {
  it('has the parameters of the list, and takes no others', () => {
    expect(signatureOf({ parameters: ['a', 'b:int', 'c:str?', '*d', '*e:bytes?'] })).toMatchObject({
      parameters: [
        { name: 'a', type: undefined, isOptional: false, isNamedOnly: false },
        { name: 'b', type: 'int', isOptional: false, isNamedOnly: false },
        { name: 'c', type: 'str', isOptional: true, isNamedOnly: false },
        { name: 'd', type: undefined, isOptional: false, isNamedOnly: true },
        { name: 'e', type: 'bytes', isOptional: true, isNamedOnly: true },
      ],
      rest: { positional: false, named: false },
    });
  });

  it('takes none where the list is empty, and any where there is none', () => {
    expect(signatureOf({ parameters: [] }).rest).toEqual({ positional: false, named: false });
    expect(signatureOf({})).toMatchObject({ parameters: [], rest: { positional: true, named: true } });
  });

  it('is private, unless it is public', () => {
    expect(signatureOf({})).toMatchObject({ access: 'private', isStream: false, isRaw: false });
    expect(signatureOf({ public: true, stream: true, description: 'Adds.' })).toMatchObject({
      access: 'public',
      isStream: true,
      description: 'Adds.',
    });
  });
});
