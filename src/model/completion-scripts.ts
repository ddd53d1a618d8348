import { completeWord } from './complete-word.ts';

/** The shells that can complete our command line. */
export type CompletionShell = 'bash' | 'zsh' | 'fish';

export const completionShells: readonly CompletionShell[] = ['bash', 'zsh', 'fish'];

// Each asks the program that is being typed what could come next. The first line of the answer says of
// which kind that is; files and the command behind the -- of exec are left to the shell.

const bash = `# Completion of sso-cred for bash, from 3.2 on.
_sso_cred() {
  local kind= line at
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("$1" ${completeWord} bash "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  case $kind in
    files | directories)
      [[ $kind == files ]] && line=-f || line=-d
      compopt -o filenames 2>/dev/null
      while IFS= read -r at; do COMPREPLY+=("$at"); done < <(compgen "$line" -- "$2")
      ;;
    command)
      for ((at = 1; at < COMP_CWORD; at++)); do [[ \${COMP_WORDS[at]} == -- ]] && break; done
      if declare -F _command_offset >/dev/null; then
        _command_offset $((at + 1))
      else
        ((COMP_CWORD == at + 1)) && line=-c || line=-f
        while IFS= read -r at; do COMPREPLY+=("$at"); done < <(compgen "$line" -- "$2")
      fi
      ;;
  esac
}
complete -F _sso_cred sso-cred
`;

const zsh = `#compdef sso-cred
# Completion of sso-cred for zsh.
_sso-cred() {
  local -a lines pairs
  local kind line word
  lines=("\${(@f)$("\${(Q)words[1]}" ${completeWord} zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  kind=$lines[1]
  case $kind in
    words)
      for line in "\${(@)lines[2,-1]}"; do
        word=\${line%%$'\\t'*}
        pairs+=("\${word//:/\\\\:}\${\${line#$word}/#$'\\t'/:}")
      done
      _describe -t sso-cred sso-cred pairs
      ;;
    files) compset -P '--*='; _files ;;
    directories) compset -P '--*='; _files -/ ;;
    command)
      local at=\${words[(i)--]}
      shift $at words
      ((CURRENT -= at))
      _normal
      ;;
  esac
}
# From a file in fpath it is run when it is first asked; else it is only made known.
if [[ $funcstack[1] == _sso-cred ]]; then
  _sso-cred "$@"
else
  compdef _sso-cred sso-cred
fi
`;

const fish = `# Completion of sso-cred for fish.
function __sso_cred_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] ${completeWord} fish $words[2..] "$current" 2>/dev/null)
    set -l prefix (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$lines[1]"
        case words
            string join \\n -- $lines[2..]
        case files
            __fish_complete_path "$path" | string replace -r -- '^' "$prefix"
        case directories
            __fish_complete_directories "$path" | string replace -r -- '^' "$prefix"
        case command
            set -l at (contains -i -- -- $words)
            set -l command (string escape -- $words[(math $at + 1)..])
            complete -C "$(string join ' ' -- $command $current)"
    end
end
complete -c sso-cred -f -a '(__sso_cred_complete)'
`;

const scripts: Readonly<Record<CompletionShell, string>> = { bash, zsh, fish };

/** What a shell has to read to complete our command line. */
export function completionScript(shell: CompletionShell): string {
  return scripts[shell];
}
