# The text goes to a shell of its own on standard input: an argument would be seen by everybody
# here. Perl stands between the two. It gives the shell a process group of its own, keeps the log
# short however much is said, and ends the whole group when the time is up, or when the script
# that holds the lock is gone: nobody would know of it any more. Prints how the text ended, on a
# line of its own, and the end of what it said.
run_text() {
  printf '%s\n' "$run" | perl -e '
    use strict;
    use POSIX ();
    my ($limit, $most, $holder, $log) = @ARGV;
    open(my $file, ">>", $log) or die "cannot write $log: $!\n";
    pipe(my $from, my $to) or die "no pipe can be had: $!\n";
    my $child = fork;
    defined $child or die "no process can be had: $!\n";
    if (!$child) {
      setpgrp(0, 0);
      $SIG{PIPE} = "DEFAULT";
      open(STDOUT, ">&", $to) and open(STDERR, ">&", $to) and exec("/bin/sh", "-s");
      POSIX::_exit(127);
    }
    setpgrp($child, $child);
    close STDIN;
    close $to;
    my ($late, $logged, $said, $open) = (0, 0, "", 1);
    local $SIG{ALRM} = sub { $late = 1 };
    alarm $limit;
    # Takes what is there, waiting a moment for it; what comes after the end is not waited for.
    my $take = sub {
      my $ready = "";
      vec($ready, fileno $from, 1) = 1 if $open;
      return 0 unless select($ready, undef, undef, $_[0]) > 0;
      my $got = sysread($from, my $piece, 65536);
      if (!$got) { $open = 0 if defined $got; return 0 }
      syswrite($file, substr($piece, 0, $most - $logged)) if $logged < $most;
      $logged += $got;
      $said .= $piece;
      $said = substr($said, -4000) if length $said > 4000;
      return 1;
    };
    my $end;
    until (defined $end) {
      $take->(0.1);
      if (waitpid($child, POSIX::WNOHANG()) == $child) { $end = $? }
      elsif ($late || !kill 0, $holder) { kill "KILL", -$child; waitpid $child, 0; $end = -1 }
    }
    alarm 0;
    for (1 .. 64) { $take->(0) or last }
    $said =~ tr/\0//d;
    print $end < 0 ? "no end within $limit s: it was killed, and all that it had started"
      : $end & 127 ? "killed by signal " . ($end & 127)
      : "exit status " . ($end >> 8);
    print "\n$said";
  ' "$timeout_s" 1000000 $$ "$log"
}

enter
if ! command -v perl >/dev/null 2>&1; then
  finish 127 "perl: command not found in $PATH: a command cannot be given its time without it"
fi
log="$state/log/$op"
(umask 077 && printf '%s\n' "$job" >"$log")
# Logs of operations; those of VMs have longer names.
ls -t "$state/log" | grep -x '[0-9a-z]\{12\}' | tail -n +65 | while read -r old; do
  rm -f "$state/log/$old"
done
words=$(run_text 2>&1)
case $words in
  'exit status 0' | 'exit status 0
'*) finish 0 "$words" ;;
esac
finish 1 "$words"
