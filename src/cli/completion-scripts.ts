/** The completion script of each shell; it asks `kittiwake complete` for candidates. */
export const COMPLETION_SCRIPTS = {
  bash: `_kittiwake() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(kittiwake complete -- "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [[ \${COMPREPLY-} == *= ]] && compopt -o nospace
  return 0
}
complete -o default -F _kittiwake kittiwake
`,
  zsh: `#compdef kittiwake
_kittiwake() {
  local -a candidates
  candidates=("\${(@f)$(kittiwake complete -- "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  compadd -S '' -- \${(M)candidates:#*=}
  compadd -- \${candidates:#*=}
}
if [[ \${funcstack[1]} == _kittiwake ]]; then _kittiwake "$@"; else compdef _kittiwake kittiwake; fi
`,
  fish: `function __kittiwake_complete
  set -l current (commandline -ct)
  kittiwake complete -- (commandline -opc) "$current" 2>/dev/null
end
complete -c kittiwake -f -a '(__kittiwake_complete)'
`,
} as const;
