namespace ZoneTierFS.Linux;

/// <summary>
/// What an operation that can fail in an expected way gives back: a value, or the errno that the caller's system call will see.
/// Bugs are exceptions; expected failures never are, because an exception costs more than the operation.
/// </summary>
public readonly record struct Result<T>(T Value, Errno Error)
{
    public bool IsOk => Error == Errno.Ok;

    public static implicit operator Result<T>(T value) => new(value, Errno.Ok);

    public static implicit operator Result<T>(Errno error) => new(default!, error);
}
