namespace PlugIn;

public static class Rule
{
    public static long Weight(int number) => number * 3L;
}
