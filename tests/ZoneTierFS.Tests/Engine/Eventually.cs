using System.Runtime.CompilerServices;
using Xunit;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Waits for what the engine does in the background: for the thing itself, never for time to pass.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(2);

    public static async Task HoldsAsync(Func<bool> condition, Func<string>? otherwise = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        while (!condition())
        {
            Assert.True(time.GetElapsedTime(start) < s_longest, $"It never came about that {what}. {otherwise?.Invoke()}");
            await Task.Delay(s_step, time);
        }
    }
}
