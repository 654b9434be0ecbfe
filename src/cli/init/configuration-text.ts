import { type InitAnswers, needsProof } from './answers.js';

/** The variables that a first configuration takes from the environment, each a secret. */
export function variablesOf(answers: InitAnswers): readonly string[] {
  const { purposes, proof } = answers;
  const isAsking = purposes.includes('topics') || purposes.includes('procedures');
  return [
    'API_KEY',
    ...(isAsking ? ['CALLBACK_PASSWORD'] : []),
    ...(needsProof(purposes) && proof === 'jwt' ? ['TOKEN_SECRET'] : []),
  ];
}

/** A configuration file with comments, which loads as it is. */
export function configurationText(answers: InitAnswers): string {
  const parts = [
    HEAD,
    originsText(answers),
    PUBLISH,
    ...(hasProof(answers) ? [proofText(answers)] : []),
    ...(answers.purposes.includes('topics') ? [topicsText(answers)] : []),
    ...(answers.purposes.includes('rooms') ? [roomsText(answers)] : []),
    ...(answers.purposes.includes('procedures') ? [proceduresText(answers)] : []),
    TAIL,
  ];
  return parts.join('\n');
}

function hasProof({ purposes, proof }: InitAnswers): boolean {
  return proof !== 'none' && needsProof(purposes);
}

/** The URL that Kittiwake asks by itself: with a password, so that nobody else can ask. */
function callback({ app }: InitAnswers, path: string): string {
  return `${app.replace('://', '://kittiwake:${CALLBACK_PASSWORD}@')}/kittiwake/${path}`;
}

const HEAD = `# Kittiwake. \${NAME} is taken from the environment; \`kittiwake check-config\` checks this file, \`kittiwake doctor\` tries
# what it names. Every setting is in docs/configuration.md.
`;

const originsText = ({ origin }: InitAnswers): string => `# Pages of this origin may connect.
origins: ['${origin}']
`;

const PUBLISH = `# Your app publishes with this key: POST /publish, /trigger, /disconnect.
publish:
  apiKeys: ['\${API_KEY}']
`;

function proofText(answers: InitAnswers): string {
  return answers.proof === 'jwt' ? JWT : ticketText(answers);
}

const ticketText = (
  answers: InitAnswers,
): string => `# A page shows a ticket that it got from your app. Your app is asked whose it is: {"ticket": …}, and answers
# {"status": "ok", "user_id": …}. These fields are the identity, which is part of every callback.
auth:
  ticket:
    url: '${callback(answers, 'ticket')}'
    fields: [user_id]
`;

const JWT = `# A page shows a JSON Web Token of your app, which is checked here: signature, expiry and audience.
auth:
  jwt:
    algorithms: [HS256]
    secret: '\${TOKEN_SECRET}' # or jwksUrl, where somebody else issues them
    audience: kittiwake
    fields: { user_id: sub }
`;

const topicsText = (answers: InitAnswers): string => `services:
  # Topics that begin with "books.": name it after what they are about.
  books:
    requireAuthentication: ${hasProof(answers)}
    # May this client subscribe? Asked with {"subscription": "books.1"} and the identity; {"status": "ok"} agrees.
    authorizer: '${callback(answers, 'authorizer')}'
    # And again, for as long as it is subscribed.
    authorizationRenewalPeriod: 1m
    # What does it see first? {"status": "ok", "data": …, "options": {"order": 7}}: what is published with a higher order follows.
    beforeSubscribe: '${callback(answers, 'state')}'
`;

const roomsText = ({
  app,
}: InitAnswers): string => `# Which rooms may this visitor join? Asked with the cookies of the visitor's browser:
# {"allowed_rooms": [{"customer": "1"}]}. Clients join over the connection for topics, too.
rooms:
  api:
    url: '${app}/kittiwake/'
    bootstrap: rooms
  # And again, for as long as it is connected.
  renewalPeriod: 1m
`;

const proceduresText = (
  answers: InitAnswers,
): string => `# What clients may call: {"a": 1, "b": 2} and the identity go to your app.
procedures:
  remote:
    add:
      url: '${callback(answers, 'add')}'
      parameters: ['a:float', 'b:float']
      public: ${!hasProof(answers)} # whether it takes no identity
`;

const TAIL = `# Several nodes share a Redis:
# broker:
#   kind: redis
#   redis: { url: 'redis://127.0.0.1:6379' }
`;
