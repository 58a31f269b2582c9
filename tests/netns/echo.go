// SPDX-License-Identifier: BSD-2-Clause

// A server and its clients in one static program, whose system calls are its own: streams with an end, and
// datagrams, that come back.
//
//	echo serve PORT
//	echo call ADDRESS PORT COUNT
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const length = 200000

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func echo(c *net.TCPConn) {
	io.Copy(c, c)
	c.Close()
}

func serve(port string) {
	listener, err := net.Listen("tcp", ":"+port)
	check(err)
	packets, err := net.ListenPacket("udp4", ":"+port)
	check(err)
	go func() {
		for {
			c, err := listener.Accept()
			check(err)
			go echo(c.(*net.TCPConn))
		}
	}()
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := packets.ReadFrom(buf)
			check(err)
			packets.WriteTo(buf[:n], from)
		}
	}()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	fmt.Println("serving")
	<-ended
}

// Sends while it receives, shuts its direction, and expects the end after the last byte.
func stream(to string, i int) bool {
	c, err := net.Dial("tcp", to)
	check(err)
	defer c.Close()
	data := bytes.Repeat([]byte{byte(i), byte(i >> 8), 1, 2, 3}, length/5)
	go func() {
		c.Write(data)
		c.(*net.TCPConn).CloseWrite()
	}()
	came, err := io.ReadAll(c)
	check(err)
	return bytes.Equal(came, data)
}

// Datagrams may be lost: the same one again does no harm.
func datagram(to string, i int) bool {
	c, err := net.Dial("udp", to)
	check(err)
	defer c.Close()
	data := bytes.Repeat([]byte{byte(i)}, i*10%1400+1)
	buf := make([]byte, 65536)
	for {
		_, err = c.Write(data)
		check(err)
		c.SetReadDeadline(time.Now().Add(2 * time.Second))
		n, err := c.Read(buf)
		if err == nil {
			return bytes.Equal(buf[:n], data)
		}
		if !err.(net.Error).Timeout() {
			check(err)
		}
	}
}

// How many of @count at the same time go well.
func all(count int, one func(i int) bool) (good int) {
	results := make(chan bool)
	for i := 0; i < count; i++ {
		go func(i int) { results <- one(i) }(i)
	}
	for i := 0; i < count; i++ {
		if <-results {
			good++
		}
	}
	return
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2])
		return
	}
	to := net.JoinHostPort(os.Args[2], os.Args[3])
	count, err := strconv.Atoi(os.Args[4])
	check(err)
	streams := all(count, func(i int) bool { return stream(to, i) })
	datagrams := all(count, func(i int) bool { return datagram(to, i) })
	fmt.Printf("%d streams of %d bytes, %d datagrams\n", streams, length, datagrams)
}
